"""The class that shares this server: its codes, and where it opens Thaw."""

from typing import Annotated

import typer

from core.commands.terminal import Json, emit
from core.serving import class_codes, grouped, own_addresses
from core.settings import settings


def show_class(
    new: Annotated[bool, typer.Option("--new", help="Make other codes; everybody must type the new one.")] = False,
    port: Annotated[int, typer.Option(help="The port that the addresses are told with.")] = 8501,
    as_json: Json = False,
):
    """The class code, the teacher's code, and the addresses to open: for `make run CLASS=1`."""
    codes = class_codes(settings(), new)
    places = [f"http://{f'[{address}]' if ':' in address else address}:{port}" for address in own_addresses()]
    text = "\n".join(
        (
            f"class code    {grouped(codes.pupils)}",
            f"teacher code  {grouped(codes.teacher)}  (more rights: keep it to yourself)",
            *(f"open          {place}" for place in places[:4] or [f"http://localhost:{port}"]),
        )
    )
    emit(as_json, {"code": codes.pupils, "teacher_code": codes.teacher, "addresses": places}, text)
