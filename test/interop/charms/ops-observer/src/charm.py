"""What it understood stands in its status, as JSON: dashboards by title, targets by unit, the number of rules."""

import json

import ops
from cosl import JujuTopology, LZMABase64
from cosl.grafana_dashboard import DashboardPath40UID


class Observer(ops.CharmBase):
    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        framework.observe(self.on.collect_unit_status, self.collect)
        for name in ("dashboards", "scrape"):
            events = self.on[name]
            for event in (events.relation_changed, events.relation_broken):
                framework.observe(event, self.notice)
        framework.observe(self.on.refuse_action, self.refuse)

    def notice(self, _: ops.EventBase):
        """The status says all, after every event."""

    def bags(self, endpoint: str):
        return [
            (relation, relation.data[relation.app])
            for relation in self.model.relations[endpoint]
            if relation.active and relation.app
        ]

    def titles(self):
        found = []
        for _, bag in self.bags("dashboards"):
            for template in json.loads(bag.get("dashboards", '{"templates": {}}'))["templates"].values():
                dashboard = json.loads(LZMABase64.decompress(template["content"]))
                assert DashboardPath40UID.is_valid(dashboard["uid"])
                found.append(dashboard["title"])
        return sorted(found)

    def targets(self):
        """Wildcards become one target for each unit that has said its name and address."""
        found = {}
        for relation, bag in self.bags("scrape"):
            if "scrape_metadata" not in bag:
                continue
            topology = JujuTopology.from_dict(json.loads(bag["scrape_metadata"]))
            for job in json.loads(bag["scrape_jobs"]):
                for target in (t for config in job["static_configs"] for t in config["targets"]):
                    for unit in relation.units:
                        data = relation.data[unit]
                        address = data.get("prometheus_scrape_unit_address")
                        if address and target.startswith("*"):
                            url = f"{job['scheme']}://{target.replace('*', address)}{job['metrics_path']}"
                            found[f"{topology.identifier} {data['prometheus_scrape_unit_name']}"] = url
        return found

    def rules(self):
        return sum(
            len(group["rules"])
            for _, bag in self.bags("scrape")
            for group in json.loads(bag.get("alert_rules", "{}")).get("groups", [])
        )

    def collect(self, event: ops.CollectStatusEvent):
        said = {"dashboards": self.titles(), "targets": self.targets(), "rules": self.rules()}
        event.add_status(ops.ActiveStatus(json.dumps(said, sort_keys=True)))

    def refuse(self, event: ops.ActionEvent):
        """Says what Grafana says after a bad dashboard."""
        for relation, _ in self.bags("dashboards"):
            errors = [{"dashboard_id": "file:mimir-k8s-writes", "error": event.params["error"]}]
            relation.data[self.app]["event"] = json.dumps({"errors": errors})


if __name__ == "__main__":
    ops.main(Observer, use_juju_for_storage=True)
