"""What Grafana Agent does with its rules, by the library that it does it with."""

import json
import pathlib
import tempfile

import ops
from cosl import JujuTopology
from cosl.rules import AlertRules


class Sender(ops.CharmBase):
    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        relation = self.on["send-remote-write"]
        for event in (self.on.config_changed, relation.relation_created, relation.relation_changed):
            framework.observe(event, self.publish)
        framework.observe(relation.relation_broken, self.show)

    def publish(self, event: ops.EventBase):
        for relation in self.model.relations["send-remote-write"]:
            relation.data[self.app]["alert_rules"] = json.dumps(self.rules())
        self.show(event)

    def rules(self):
        rules = AlertRules("promql", JujuTopology.from_charm(self))
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "agent.rules").write_text(str(self.config["rules"]))
            rules.add_path(folder)
        return rules.as_dict()

    def show(self, _):
        said = []
        for relation in self.model.relations["send-remote-write"]:
            said += [relation.data[relation.app].get("event", "nothing")]
            said += [relation.data[unit].get("remote_write", "no URL") for unit in relation.units]
        self.unit.status = ops.ActiveStatus(" ".join(said))


if __name__ == "__main__":
    ops.main(Sender)
