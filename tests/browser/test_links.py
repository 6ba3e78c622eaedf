"""Addresses: a cold deep link opens its screen inside the frame, and carries the choice."""

import pytest
from playwright.sync_api import expect

SCREENS = ("photos", "augment", "train", "compare", "ensemble")


@pytest.mark.parametrize("screen", SCREENS)
def test_a_cold_deep_link_finds_the_frame(page, app_url, screen):
    page.goto(f"{app_url}/{screen}")
    expect(page.get_by_role("link", name="Start")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-selection_bar")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Page not found")).to_have_count(0)
