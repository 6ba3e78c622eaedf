"""What stands before the screens and checks each request before anything is served. Plain ASGI: no Streamlit here."""

from core.serving.door import Door

__all__ = ["Door"]
