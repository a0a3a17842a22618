"""Where people may hold an identity to come in by, from the settings."""

import stat

from desk.openid import Provider
from sochung.settings import Settings, WrongSetting


def identities(settings: Settings) -> Provider | None:
    """None where nobody set one. Raises `WrongSetting` for half of one, for an address that others
    could listen at, and without the extra."""
    issuer, client_id = settings.oidc_issuer, settings.oidc_client_id
    file = settings.oidc_client_secret_file
    if issuer is None and client_id is None and file is None:
        return None
    if not issuer or not client_id or file is None:
        raise WrongSetting(
            "SOCHUNG_OIDC_ISSUER, SOCHUNG_OIDC_CLIENT_ID và SOCHUNG_OIDC_CLIENT_SECRET_FILE phải "
            "đặt cùng nhau"
        )
    try:
        from desk.provider import AuthlibProvider, is_safe
    except ImportError:
        raise WrongSetting("SOCHUNG_OIDC_ISSUER cần gói phụ: cài sochung[oidc]") from None
    if not is_safe(issuer):
        raise WrongSetting("SOCHUNG_OIDC_ISSUER phải là địa chỉ https://")
    if not file.is_file() or stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise WrongSetting("SOCHUNG_OIDC_CLIENT_SECRET_FILE phải có, và chỉ chủ của nó đọc được")
    return AuthlibProvider(issuer, client_id, file.read_text(encoding="utf-8").strip())
