"""The start page keeps its word: at most three clicks from a fresh start to a trained model, all of it in sight."""

from playwright.sync_api import expect

LONG = 120_000  # ms; a busy machine may be slow, the test is about what is shown


def test_three_clicks_lead_to_a_trained_model_without_a_scroll_bar(page, app_url):
    page.goto(app_url)
    page.get_by_role("button", name="Train a first model on Leaves").click(timeout=LONG)

    expect(page.get_by_text("validation photos are right")).to_be_visible(timeout=LONG)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    expect(page.get_by_role("link", name="Bring your own photos")).to_be_visible()

    main = page.get_by_test_id("stMain")
    main.evaluate("element => new Promise(done => setTimeout(done, 1000))")
    assert main.evaluate("element => element.scrollHeight <= element.clientHeight"), (
        "the start page scrolls at 1440x900"
    )
