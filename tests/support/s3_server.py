"""An S3-compatible object store on a port of this machine: moto's server, over real HTTP."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import boto3
from moto.server import ThreadedMotoServer

REGION = "us-east-1"


class S3Server:
    """Serves from `start` to `stop`; `put` fills a bucket, which is made where it is not there."""

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        _, port = self._server.get_host_and_port()
        return f"http://127.0.0.1:{port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a user would set to read from here."""
        return {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ALLOW_HTTP": "true",
        }

    def put(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="key",
            aws_secret_access_key="not-a-secret",
        )
        client.create_bucket(Bucket=bucket)
        for name, content in objects.items():
            client.put_object(Bucket=bucket, Key=name, Body=content)
        client.close()
