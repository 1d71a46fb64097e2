#!/usr/bin/env python3
"""Tells which data source Tempo has in a Grafana, and shows which ones others have."""

import json

import ops
from cosl.interfaces.datasource_exchange import DatasourceExchange


class Tempo(ops.CharmBase):
    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.exchange = DatasourceExchange(
            self, provider_endpoint=None, requirer_endpoint="receive-datasource"
        )
        exchange = self.on["receive-datasource"]
        for event in (exchange.relation_created, exchange.relation_changed, self.on.config_changed):
            framework.observe(event, self.publish)
        framework.observe(self.on.collect_unit_status, self.collect)

    def publish(self, _event: ops.EventBase):
        grafana = str(self.config["grafana"])
        if self.unit.is_leader() and grafana:
            tempo = {"type": "tempo", "uid": "juju_local_tempo_0", "grafana_uid": grafana}
            self.exchange.publish([tempo])

    def collect(self, event: ops.CollectStatusEvent):
        received = self.exchange.received_datasources if self.unit.is_leader() else ()
        event.add_status(ops.ActiveStatus(json.dumps([source.model_dump() for source in received])))


if __name__ == "__main__":
    ops.main(Tempo)
