#!/usr/bin/env python3
"""Does what test/charms/traced does, with ops and ops-tracing."""

import ops


class Traced(ops.CharmBase):
    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.tracing = ops.tracing.Tracing(self, "charm-tracing", ca_relation_name="receive-ca-cert")
        framework.observe(self.on.config_changed, self.keep_greeting)
        framework.observe(self.on.web_pebble_ready, self.write_page)
        framework.observe(self.on.collect_unit_status, self.collect)

    def keep_greeting(self, event: ops.ConfigChangedEvent):
        content = {"greeting": str(self.config["greeting"])}
        try:
            secret = self.model.get_secret(label="greeting")
            if secret.peek_content() != content:
                secret.set_content(content)
        except ops.SecretNotFoundError:
            self.unit.add_secret(content, label="greeting")
        self.write_page(event)

    def write_page(self, _event: ops.EventBase):
        web = self.unit.get_container("web")
        if web.can_connect():
            web.push("/page", "written")

    def collect(self, event: ops.CollectStatusEvent):
        event.add_status(ops.ActiveStatus())


if __name__ == "__main__":
    ops.main(Traced)
