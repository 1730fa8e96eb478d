"""Logging in through a real identity provider, in a real browser, and out of both."""

import os
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.stack import Stack

pytestmark = [pytest.mark.docker, pytest.mark.browser]


def sign_in(page: Page, subject: str) -> None:
    page.get_by_role("link", name="Log in with Example ID").click()
    page.locator("[name=login]").fill(subject)
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()


def test_dave_comes_in_by_the_provider_and_leaves_by_it(
    stack: Stack, window: Callable[[], Page]
) -> None:
    """The deep link is kept; the policy for forms does not stand in the way of logging out."""
    origin = f"http://localhost:{os.environ['GATEWAY_TEST_OIDC_PORT']}"
    page = window()
    page.goto(f"{origin}/-/account")

    sign_in(page, "subject-8")
    expect(page.get_by_role("heading", name="Dave Example")).to_be_visible()
    expect(page).to_have_url(f"{origin}/-/account")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Yes, sign me out").click()

    expect(page.get_by_text("You are logged out, here and at Example ID.")).to_be_visible()
    page.goto(f"{origin}/-/account")
    sign_in(page, "subject-10")
    expect(page.get_by_text("you are not a member here")).to_be_visible()
