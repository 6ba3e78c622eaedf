"""A school's own login through Streamlit's `st.login`: whether there is one, and whom a request says it comes from."""

import json
from collections.abc import Mapping

from starlette.requests import HTTPConnection
from streamlit import auth_util
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME


def configured() -> bool:
    """Whether the operator's secrets name a provider."""
    return bool(secrets_singleton.load_if_toml_exists() and auth_util.get_secrets_auth_section())


def address() -> str:
    """Where signing in begins: what `st.login()` would send a browser to, before any page is served."""
    return f"/auth/login?provider={auth_util.encode_provider_token('default')}"


def user_of(scope) -> Mapping | None:
    """What the provider said of whoever sends this request; None without a cookie that this server signed."""
    cookies = HTTPConnection(scope).cookies

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(get_cookie_secret(), name, value.encode("latin-1", "replace")) if value else None

    found = auth_util.get_cookie_with_chunks(one, USER_COOKIE_NAME)
    try:
        user = json.loads(found) if found else None
    except ValueError:
        return None
    return user if isinstance(user, dict) and user.get("is_logged_in") else None
