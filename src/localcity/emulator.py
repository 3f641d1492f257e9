"""The local city's emulator: MiniStack, with the corrections of `localcity`.

Run as `python -m localcity.emulator`. Its environment says where it listens, and
in `CITY_CA_FILE` where it leaves the CA of its MQTT broker.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

from ministack import app
from ministack.services import iot

from localcity import lifeline
from localcity.cloudformation import (
    change_sets,
    change_values,
    deletions,
    encryption,
)
from localcity.cloudwatch import alarms, clock, definitions, store
from localcity.dynamodb import speed as table_speed
from localcity.dynamodb import statements
from localcity.functions import (
    asynchronous,
    concurrency,
    log_permissions,
    log_tail,
)
from localcity.gateway import guard
from localcity.iam import missing_objects, partiql, root_key
from localcity.iot import broker_speed, policies, provisioning, rules, signing
from localcity.kinesis import lanes, shard_updates, streams
from localcity.metric_sources import (
    eventbridge,
    gauges,
    http_apis,
    iot_rules,
    lambda_functions,
    sns,
    sqs,
)
from localcity.patching import install

PATCHES = (
    *streams.PATCHES,
    *shard_updates.PATCHES,
    *encryption.PATCHES,
    *concurrency.PATCHES,
    *asynchronous.PATCHES,
    *rules.PATCHES,
    *policies.PATCHES,
    *provisioning.PATCHES,
    *lanes.PATCHES,
    *log_permissions.PATCHES,
    *log_tail.PATCHES,
    *partiql.PATCHES,
    *missing_objects.PATCHES,
    *root_key.PATCHES,
    *guard.PATCHES,
    *broker_speed.PATCHES,
    *table_speed.PATCHES,
    *statements.PATCHES,
    *signing.PATCHES,
    *change_values.PATCHES,
    *change_sets.PATCHES,
    *deletions.PATCHES,
    *store.PATCHES,
    *definitions.PATCHES,
    *alarms.PATCHES,
    *lambda_functions.PATCHES,
    *iot_rules.PATCHES,
    *eventbridge.PATCHES,
    *sns.PATCHES,
    *sqs.PATCHES,
    *http_apis.PATCHES,
)


def main() -> None:
    """Make the patches, leave the broker's CA where devices find it, watch, serve."""
    lifeline.watch()
    install(PATCHES)
    Path(os.environ["CITY_CA_FILE"]).write_text(iot.get_ca_cert_pem())
    clock.start(gauges.all_gauges())
    gc.freeze()  # what was loaded stays: each look for garbage would go through it
    app.main()


if __name__ == "__main__":
    main()
