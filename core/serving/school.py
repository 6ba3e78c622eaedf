"""A school's own login (OIDC) in place of the class code: before it only what the login itself needs is served."""

from collections.abc import Callable, Mapping

from core.records import Visitor
from core.serving.entry import wants_a_page
from core.serving.passes import tidy
from core.serving.replies import reply

OPEN = ("/auth/login", "/auth/logout", "/oauth2callback")  # Streamlit's, which speak with the provider
SIGN_IN = "Sign in with your school's account first."
NOT_HERE = (
    "Your account may not use this Thaw. Sign in with your school's account, or ask the teacher to allow its domain.\n"
)


class SchoolEntry:
    """ASGI middleware. What a visitor who signed in asks for passes as it is."""

    def __init__(
        self,
        app,
        user_of: Callable[[dict], Mapping | None],
        login: Callable[[], str],
        teachers: tuple[str, ...] = (),
        domains: tuple[str, ...] = (),
    ):
        """user_of: what the provider said of whoever sends a request, given its scope. login: where signing in begins.

        teachers, domains : mail addresses that are teachers, and mail domains that may sign in (all where empty).
        """
        self.app, self._user_of, self._login, self._teachers, self._domains = app, user_of, login, teachers, domains

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket") or scope["path"] in OPEN:
            await self.app(scope, receive, send)
            return
        user = self._user_of(scope)
        if user is not None and school_visitor(user, self._teachers, self._domains):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": SIGN_IN})
        elif user is not None:
            await reply(send, 403, NOT_HERE)
        elif scope["method"] in ("GET", "HEAD") and wants_a_page(scope):
            await reply(send, 303, headers=[("location", self._login())])
        else:
            await reply(send, 401, f"{SIGN_IN}\n")


def school_visitor(user: Mapping, teachers: tuple[str, ...], domains: tuple[str, ...]) -> Visitor | None:
    """The visitor that a provider speaks of; None where it names no mail address, or one that may not come in.

    An address that the provider says it has not verified names nobody: anyone could have typed it.
    """
    mail = str(user.get("email") or "").strip().lower()
    if mail.count("@") != 1 or user.get("email_verified") is False:
        return None
    if domains and mail.partition("@")[2] not in domains and mail not in teachers:
        return None
    return Visitor(id=mail, name=tidy(str(user.get("name") or mail)), teacher=mail in teachers)
