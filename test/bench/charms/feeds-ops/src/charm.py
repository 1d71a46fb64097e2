#!/usr/bin/env python3
"""Reads the other end of every relation, and publishes its own: line by line what feeds-k8s does."""
import ops


class FeedsCharm(ops.CharmBase):
    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        on, feed = self.on, self.on["feed"]
        for event in (
            on.start,
            on.config_changed,
            on.update_status,
            on.leader_elected,
            on.upgrade_charm,
            feed.relation_created,
            feed.relation_joined,
            feed.relation_changed,
            feed.relation_departed,
            feed.relation_broken,
        ):
            framework.observe(event, self._reconcile)

    def _reconcile(self, _: ops.EventBase) -> None:
        greeting = str(self.config["greeting"])
        leader = self.unit.is_leader()
        relations = [relation for relation in self.model.relations["feed"] if relation.active]
        addresses: list[str] = []
        for relation in relations:
            port = relation.data[relation.app].get("port")
            for unit in sorted(relation.units, key=lambda unit: unit.name):
                addresses.append(f"{relation.data[unit].get('address')}:{port}")
        for relation in relations:
            relation.data[self.unit].update({"greeting": greeting, "unit": self.unit.name})
            if leader:
                relation.data[self.app].update({"greeting": greeting, "version": "1.2.3"})
        self.unit.set_ports(8080)
        self.unit.set_workload_version("1.2.3")
        self.unit.status = ops.ActiveStatus(f"{len(addresses)} sources")


if __name__ == "__main__":
    ops.main(FeedsCharm)
