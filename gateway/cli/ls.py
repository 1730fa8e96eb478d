"""``gateway ls``: the notebooks that I may open."""

from gateway.cli.api import api
from gateway.cli.options import Output, Token, TokenFile, Url
from gateway.cli.output import Form, show


def ls(
    url: Url = None,
    token_file: TokenFile = None,
    token: Token = None,
    output: Output = Form.TABLE,
) -> None:
    """List the notebooks that you may open."""
    gateway = api(url, token, token_file)
    rows = [{**row, "url": gateway.beneath(row.get("url", ""))} for row in gateway.notebooks()]
    show(rows, ("name", "state", "summary", "owner", "url"), output)
