"""What somebody had typed when their login ran out."""

TYPED = {"title": "消えては困る題名", "trouble": "長い文章"}


def posted(app, **headers):
    return app.test_client().post(
        "/proposals/proposal/" + "0" * 32, data=TYPED, headers={"Accept": "text/html", **headers}
    )


def test_what_was_typed_is_shown_when_the_login_ran_out(app):
    answer = posted(app, Origin="http://localhost")
    assert answer.status_code == 401
    assert "消えては困る題名" in answer.text
    assert "新しいタブでログイン" in answer.text
    assert 'href="/login?next=/proposals/proposal/' in answer.text


def test_words_of_another_site_are_not_shown(app):
    for headers in ({"Origin": "https://elsewhere.example"}, {}):
        answer = posted(app, **headers)
        assert answer.status_code == 303
        assert "消えては困る題名" not in answer.text
