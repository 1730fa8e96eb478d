// Has the browser make or show a passkey, and sends what it says with the form that asked for it.
// The form stays hidden without this script, and says in words why nothing came of it.
"use strict";
(() => {
  const SAYINGS = {
    NotAllowedError: "No passkey was given: it was cancelled, or took too long. Please try again.",
    InvalidStateError: "This device keeps a passkey of yours for here already.",
    SecurityError: "The browser allows no passkeys at this address.",
    NotSupportedError: "This device can't keep such a passkey.",
  };

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const named = (credentials) => (credentials ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const make = async (asked) => {
    const publicKey = {
      ...asked,
      challenge: bytes(asked.challenge),
      user: { ...asked.user, id: bytes(asked.user.id) },
      excludeCredentials: named(asked.excludeCredentials),
    };
    const { id, rawId, type, response } = await navigator.credentials.create({ publicKey });
    return {
      id, type, rawId: text(rawId),
      response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject) },
    };
  };

  const prove = async (asked) => {
    const publicKey = {
      ...asked, challenge: bytes(asked.challenge), allowCredentials: named(asked.allowCredentials),
    };
    const { id, rawId, type, response } = await navigator.credentials.get({ publicKey });
    return {
      id, type, rawId: text(rawId),
      response: {
        clientDataJSON: text(response.clientDataJSON),
        authenticatorData: text(response.authenticatorData),
        signature: text(response.signature),
        userHandle: response.userHandle ? text(response.userHandle) : undefined,
      },
    };
  };

  const WAYS = { make, prove };

  const prepare = (form) => {
    const says = form.querySelector("[data-says]");
    form.hidden = false;
    form.querySelector("[autofocus]")?.focus(); // it could not be, while it was hidden
    if (!window.PublicKeyCredential) {
      form.querySelector("button").disabled = true;
      says.textContent = "This browser has no passkeys.";
      return;
    }
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      says.textContent = "Your browser asks for it now …";
      try {
        const answer = await WAYS[form.dataset.passkey](JSON.parse(form.dataset.asked));
        form.elements.credential.value = JSON.stringify(answer);
      } catch (problem) {
        says.textContent = SAYINGS[problem.name] ?? `No passkey was given: ${problem.message}`;
        return;
      }
      form.submit();
    });
  };

  document.querySelectorAll("form[data-passkey]").forEach(prepare);
})();
