"""The local city's emulator: MiniStack, with what it lacks for this system.

Run as `python -m trafficctl.local.emulator`; `trafficctl.city` sets its environment.
"""

from __future__ import annotations

import os
from pathlib import Path

from ministack import app
from ministack.services import iot

from trafficctl.local import (
    change_values,
    changesets,
    concurrency,
    devices,
    encryption,
    lifeline,
    logs,
    mappings,
    provisioning,
    rules,
    signing,
    speed,
    statements,
    streams,
    table_speed,
    whole_logs,
)
from trafficctl.local.patching import install
from trafficctl.local.watch import (
    alarms,
    clock,
    definitions,
    events,
    functions,
    gauges,
    http_apis,
    iot_rules,
    store,
    topics,
)

PATCHES = (
    *streams.PATCHES,
    *encryption.PATCHES,
    *concurrency.PATCHES,
    *rules.PATCHES,
    *devices.PATCHES,
    *provisioning.PATCHES,
    *mappings.PATCHES,
    *logs.PATCHES,
    *whole_logs.PATCHES,
    *statements.PATCHES,
    *speed.PATCHES,
    *table_speed.PATCHES,
    *signing.PATCHES,
    *change_values.PATCHES,
    *changesets.PATCHES,
    *store.PATCHES,
    *definitions.PATCHES,
    *alarms.PATCHES,
    *functions.PATCHES,
    *iot_rules.PATCHES,
    *events.PATCHES,
    *topics.PATCHES,
    *http_apis.PATCHES,
)


def main() -> None:
    """Make the patches, leave the broker's CA where devices find it, watch, serve."""
    lifeline.watch()
    install(PATCHES)
    Path(os.environ["CITY_CA_FILE"]).write_text(iot.get_ca_cert_pem())
    clock.start(gauges.all_gauges())
    app.main()


if __name__ == "__main__":
    main()
