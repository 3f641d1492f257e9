"""An event source mapping of a Kinesis stream, as MiniStack holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import request_scope
from ministack.services import kinesis, lambda_svc

from localcity.iam import roles
from localcity.kinesis.event_source_model import UNLIMITED, MappingConfig


@dataclass(frozen=True)
class Source:
    """One mapping as it is configured now; `esm` is MiniStack's live record of it."""

    account: str
    region: str
    esm: dict[str, Any]

    @property
    def mapping_id(self) -> str:
        """The mapping's UUID."""
        return str(self.esm["UUID"])

    @property
    def stream_arn(self) -> str:
        """The stream it reads."""
        return str(self.esm["EventSourceArn"])

    def config(self) -> MappingConfig:
        """Its settings, with Lambda's defaults where it has none."""
        esm = self.esm
        return MappingConfig(
            batch_size=int(esm.get("BatchSize", 100)),
            window_s=float(esm.get("MaximumBatchingWindowInSeconds") or 0),
            parallelization_factor=int(esm.get("ParallelizationFactor") or 1),
            bisect=_is_true(esm.get("BisectBatchOnFunctionError", False)),
            max_retries=int(esm.get("MaximumRetryAttempts", UNLIMITED)),
            max_age_s=float(esm.get("MaximumRecordAgeInSeconds", UNLIMITED)),
            report_batch_item_failures="ReportBatchItemFailures"
            in (esm.get("FunctionResponseTypes") or ()),
        )

    def stream(self) -> dict[str, Any] | None:
        """MiniStack's record of the stream; None when it is gone."""
        arn = parse_arn(self.stream_arn)
        name = arn.resource.removeprefix("stream/")
        stream_record = kinesis._streams.get_scoped(arn.account_id, arn.region, name)
        return stream_record if isinstance(stream_record, dict) else None

    def function(self) -> dict[str, Any] | None:
        """MiniStack's record of the function; None when it is gone."""
        esm = self.esm
        with request_scope(self.account, self.region):
            record, _config = lambda_svc._get_func_record_for_qualifier(
                esm["FunctionName"], esm.get("Qualifier")
            )
        return record if isinstance(record, dict) else None

    def actor(self, function: dict[str, Any]) -> roles.Actor:
        """The function's role, as Lambda uses it."""
        role = function["config"].get("Role", "")
        name = self.esm["FunctionName"]
        return roles.Actor(self.account, self.region, role, roles.LAMBDA, name)


def _is_true(value: object) -> bool:
    """A setting as the API (a boolean) or a template (often a string) gives it."""
    return value is True or str(value).lower() == "true"
