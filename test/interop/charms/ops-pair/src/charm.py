"""Uses of ops as charms have them: observers, StoredState, Pebble, relations, secrets, actions, collect-status."""

import ops


class Pair(ops.CharmBase):
    stored = ops.StoredState()

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.stored.set_default(events=[], gift="")
        for event in (
            self.on.install,
            self.on.start,
            self.on.leader_elected,
            self.on.config_changed,
            self.on.upgrade_charm,
            self.on.data_storage_attached,
        ):
            framework.observe(event, self.note)
        framework.observe(self.on.work_pebble_ready, self.work)
        framework.observe(self.on.config_changed, self.give)
        framework.observe(self.on.give_relation_created, self.give)
        framework.observe(self.on.take_relation_changed, self.take)
        framework.observe(self.on.take_relation_broken, self.lose)
        framework.observe(self.on.shout_action, self.shout)
        framework.observe(self.on.collect_unit_status, self.collect)

    def note(self, event: ops.EventBase):
        self.stored.events.append(event.handle.kind)

    def work(self, event: ops.PebbleReadyEvent):
        self.note(event)
        layer = {"services": {"work": {"override": "replace", "command": "sleep infinity", "startup": "enabled"}}}
        event.workload.add_layer("work", layer, combine=True)
        event.workload.replan()
        event.workload.push("/data/ready", "yes", make_dirs=True)
        self.unit.set_workload_version(event.workload.exec(["echo", "4.2"]).wait_output()[0].strip())
        self.unit.set_ports(8080)

    def give(self, event: ops.EventBase):
        if not self.unit.is_leader():
            return
        for relation in self.model.relations["give"]:
            data = relation.data[self.app]
            data["word"] = str(self.config["word"])
            if "secret" not in data:
                secret = self.app.add_secret({"password": "s3same"}, label=f"gift-{relation.id}")
                secret.grant(relation)
                data["secret"] = secret.id or ""

    def take(self, event: ops.RelationChangedEvent):
        data = event.relation.data[event.app]
        if "secret" in data:
            password = self.model.get_secret(id=data["secret"]).get_content(refresh=True)["password"]
            self.stored.gift = f"{data['word']} {password}"

    def lose(self, event: ops.RelationBrokenEvent):
        self.stored.gift = ""

    def shout(self, event: ops.ActionEvent):
        event.log("taking a breath")
        if event.params["word"] == "":
            event.fail("nothing to shout")
            return
        event.set_results({"shouted": event.params["word"].upper()})

    def collect(self, event: ops.CollectStatusEvent):
        container = self.unit.get_container("work")
        if not container.can_connect() or not container.get_services("work"):
            event.add_status(ops.WaitingStatus("for the container"))
        elif not container.get_service("work").is_running():
            event.add_status(ops.BlockedStatus("work stopped"))
        event.add_status(ops.ActiveStatus(f"{self.stored.gift} {len(self.stored.events)}".strip()))


if __name__ == "__main__":
    ops.main(Pair, use_juju_for_storage=True)
