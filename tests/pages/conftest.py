"""Page tests: every test starts with empty Streamlit caches, since loaders are cached by id and not by folder."""

import pytest
import streamlit as st


@pytest.fixture(autouse=True)
def empty_caches():
    st.cache_data.clear()
    st.cache_resource.clear()
