// A real OpenID provider for the tests: whoever types a subject that is listed here is let in, with any password.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const { PROVIDER_PORT, GATEWAY_ORIGIN, CLIENT_SECRET_FILE } = process.env;

const PEOPLE = {
  "subject-7": { preferred_username: "alice", name: "Alice Liddell", groups: [] },
  "subject-8": { preferred_username: "dave", name: "Dave Example", groups: ["staff"] },
  "subject-9": { preferred_username: "bob", name: "Mallory Example", groups: ["staff"] },
  "subject-10": { preferred_username: "erin", name: "Erin Example", groups: ["guests"] },
};

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: randomBytes(8).toString("hex"), use: "sig" };

const provider = new Provider(`http://localhost:${PROVIDER_PORT}`, {
  jwks: { keys: [key] },
  cookies: { keys: [randomBytes(32).toString("hex")] },
  scopes: ["openid", "profile", "groups"],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups"] },
  pkce: { required: () => true },
  features: { backchannelLogout: { enabled: true } },
  clients: [
    {
      client_id: "gateway",
      client_secret: readFileSync(CLIENT_SECRET_FILE, "utf8").trim(),
      redirect_uris: [`${GATEWAY_ORIGIN}/-/oidc/callback`],
      post_logout_redirect_uris: [`${GATEWAY_ORIGIN}/-/oidc/logged-out`],
      backchannel_logout_uri: `${GATEWAY_ORIGIN}/-/oidc/backchannel-logout`,
      backchannel_logout_session_required: true,
    },
  ],
  async findAccount(_context, subject) {
    const person = PEOPLE[subject];
    return person && { accountId: subject, claims: async () => ({ sub: subject, ...person }) };
  },
  // Everybody has agreed already.
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      accountId: context.oidc.session.accountId,
      clientId: context.oidc.client.clientId,
    });
    grant.addOIDCScope("openid profile groups");
    await grant.save();
    return grant;
  },
  // Its own guard against private addresses would refuse this very network.
  fetch: (url, { dispatcher: _, ...options }) => globalThis.fetch(url, options),
});

provider.on("server_error", (_context, error) => console.error(error));
provider.listen(Number(PROVIDER_PORT), "0.0.0.0", () => console.log("ready"));
