"""The provider of identities as the settings name it: whole, unheard by others, or not at all."""

from pathlib import Path
from typing import Any

import pytest

from sochung.identities import identities
from sochung.settings import Settings, WrongSetting


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    secret = tmp_path / "secret"
    secret.write_text("bi mat\n")
    secret.chmod(0o600)
    return {
        "oidc_issuer": "https://danh-tinh.example",
        "oidc_client_id": "sochung",
        "oidc_client_secret_file": secret,
    }


def test_nothing_set_is_no_provider() -> None:
    assert identities(Settings()) is None


def test_a_provider_is_asked_for_nothing_before_somebody_goes_there(given: dict[str, Any]) -> None:
    provider = identities(Settings(**given))
    assert provider is not None
    assert provider.issuer == "https://danh-tinh.example"


@pytest.mark.parametrize("missing", ["oidc_issuer", "oidc_client_id", "oidc_client_secret_file"])
def test_half_of_one_is_refused(given: dict[str, Any], missing: str) -> None:
    with pytest.raises(WrongSetting, match="cùng nhau"):
        identities(Settings(**given | {missing: None}))


@pytest.mark.parametrize("issuer", ["http://danh-tinh.example", "ftp://x", "danh-tinh.example"])
def test_where_others_could_listen_nobody_is_sent(given: dict[str, Any], issuer: str) -> None:
    with pytest.raises(WrongSetting, match="https"):
        identities(Settings(**given | {"oidc_issuer": issuer}))


def test_a_secret_that_others_read_is_none(given: dict[str, Any]) -> None:
    given["oidc_client_secret_file"].chmod(0o640)
    with pytest.raises(WrongSetting, match="chỉ chủ"):
        identities(Settings(**given))
    given["oidc_client_secret_file"].unlink()
    with pytest.raises(WrongSetting):
        identities(Settings(**given))
