"""Calls of DynamoDB, encoded and decoded without the service's model.

botocore walks the model for each value that it sends or receives, which for a batch of
readings takes as long as deciding on them, and for a city's list longer than all else.
"""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec

Item = dict[str, Any]
_ASIDE = "traffic_parameters"


class _Attribute(TypedDict, total=False):
    """A value of DynamoDB; bytes are base64 in JSON."""

    S: str
    N: str
    B: bytes
    BOOL: bool
    NULL: bool
    SS: list[str]
    NS: list[str]
    BS: list[bytes]
    L: list[_Attribute]
    M: dict[str, _Attribute]


class _Found(TypedDict, total=False):
    Responses: dict[str, list[dict[str, _Attribute]]]
    UnprocessedKeys: Item


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Item).decode  # of answers without bytes
_DECODERS = {
    "BatchExecuteStatement": _decode,
    "BatchGetItem": msgspec.json.Decoder(_Found).decode,
    "Query": _decode,
    "Scan": _decode,
    "TransactWriteItems": _decode,
}


def skip_model(client: Any) -> None:
    """Let *client* encode and decode long calls by msgspec: four times as fast.

    Signing, retries, tokens and errors remain botocore's, whose hooks these are. It
    must not validate parameters, as it does not see them.
    """
    register = client.meta.events.register
    for name in _DECODERS:
        register(f"before-parameter-build.dynamodb.{name}", _set_aside)
        register(f"before-call.dynamodb.{name}", _put_back)
        register(f"before-parse.dynamodb.{name}", _decode_answer)


def _set_aside(params: Item, context: Item, **_more: Any) -> None:
    """Leave botocore an empty list or dictionary of each, to choose the endpoint by."""
    long = {name: one for name, one in params.items() if isinstance(one, (list, dict))}
    context[_ASIDE] = long
    params.update({name: type(one)() for name, one in long.items()})


def _put_back(params: Item, context: Item, **_more: Any) -> None:
    """Encode them into the request, beside what botocore encoded, such as a token."""
    params["body"] = _encode({**_decode(params["body"]), **context.pop(_ASIDE)})


def _decode_answer(
    operation_model: Any,
    response_dict: Item,
    customized_response_dict: Item,
    **_more: Any,
) -> None:
    """Decode an answer that is not an error, nor broken: botocore knows those."""
    if response_dict["status_code"] != 200:
        return
    try:
        answer = _DECODERS[operation_model.name](response_dict["body"])
    except msgspec.MsgspecError:
        return
    customized_response_dict.update(answer)
    response_dict["body"] = b""
