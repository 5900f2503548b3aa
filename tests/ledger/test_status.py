from ledger import ACCOUNT_STATUS_HELP, STATUS_HELP, TRANSIENT, AccountStatus, Status


def test_every_status_is_explained_in_order() -> None:
    assert list(STATUS_HELP) == list(Status)
    assert list(ACCOUNT_STATUS_HELP) == list(AccountStatus)


def test_every_explanation_is_a_sentence() -> None:
    texts = [*STATUS_HELP.values(), *ACCOUNT_STATUS_HELP.values()]
    assert all(text.endswith(".") and text[0].isupper() for text in texts)


def test_who_may_try_again_is_told_to_take_a_new_id() -> None:
    assert {status for status, text in STATUS_HELP.items() if "this one is spent" in text} == TRANSIENT
