"""A provider of both interfaces, by Canonical's own libraries from PyPI."""

import datetime

import ops
from charmlibs.interfaces.certificate_transfer import CertificateTransferProvides
from charmlibs.interfaces.tls_certificates import (
    Certificate,
    CertificateRequestAttributes,
    PrivateKey,
    ProviderCertificate,
    TLSCertificatesProvidesV4,
)

YEAR = datetime.timedelta(days=365)


class Authority(ops.CharmBase):
    stored = ops.StoredState()

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.stored.set_default(key="", ca="", number=0)
        self.tls = TLSCertificatesProvidesV4(self, "certificates")
        self.transfer = CertificateTransferProvides(self, "send-ca-cert")
        for event in (
            self.on.start,
            self.on.update_status,
            self.on.certificates_relation_changed,
            self.on.send_ca_cert_relation_created,
            self.on.send_ca_cert_relation_changed,
        ):
            framework.observe(event, self.sign)
        framework.observe(self.on.rotate_ca_action, self.rotate)

    def make(self):
        key = PrivateKey.generate()
        self.stored.number += 1
        attributes = CertificateRequestAttributes(common_name=f"Authority {self.stored.number}", is_ca=True)
        self.stored.key = str(key)
        self.stored.ca = str(Certificate.generate_self_signed_ca(attributes, key, YEAR * 10))

    def sign(self, _: ops.EventBase):
        if not self.stored.ca:
            self.make()
        ca, key = Certificate.from_string(self.stored.ca), PrivateKey.from_string(self.stored.key)
        for request in self.tls.get_outstanding_certificate_requests():
            certificate = Certificate.generate(
                csr=request.certificate_signing_request, ca=ca, ca_private_key=key, validity=YEAR
            )
            self.tls.set_relation_certificate(
                ProviderCertificate(
                    relation_id=request.relation_id,
                    certificate=certificate,
                    certificate_signing_request=request.certificate_signing_request,
                    ca=ca,
                    chain=[certificate, ca],
                )
            )
        self.transfer.add_certificates({self.stored.ca})
        self.unit.status = ops.ActiveStatus(f"authority {self.stored.number}")

    def rotate(self, event: ops.ActionEvent):
        self.make()
        for given in self.tls.get_issued_certificates():
            self.tls._remove_provider_certificate(
                relation=self.model.get_relation("certificates", given.relation_id),
                certificate_signing_request=given.certificate_signing_request,
            )
        self.sign(event)


if __name__ == "__main__":
    ops.main(Authority)
