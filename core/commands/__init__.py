"""What each verb of the command line does; `core/__main__.py` names the verbs."""
