"""What users of Debian's python3-docker do, against the engine that DOCKER_HOST names. Ends with "all well"."""

import io
import os
import tarfile
import threading
import unittest

import docker
from docker.errors import APIError, BuildError, ContainerError, ImageNotFound, NotFound
from docker.types import LogConfig, Mount, Ulimit

SLEEP = ["sleep", "1000"]


class Sdk(unittest.TestCase):
    def setUp(self):
        self.client = docker.from_env(timeout=60)
        self.addCleanup(self.client.close)

    def run_box(self, command=None, **options):
        box = self.client.containers.run("busybox", command or SLEEP, detach=True, **options)
        self.addCleanup(lambda: self.removed(box))
        return box

    def removed(self, box):
        try:
            box.remove(force=True, v=True)
        except NotFound:
            pass

    def test_system(self):
        self.assertTrue(self.client.ping())
        version = self.client.version()
        self.assertIn("ApiVersion", version)
        self.assertEqual("linux", version["Os"])
        info = self.client.info()
        self.assertEqual("linux", info["OSType"])
        self.assertIn("Volumes", self.client.df())

    def test_run(self):
        run = self.client.containers.run
        self.assertEqual(b"hello\n", run("busybox", ["echo", "hello"], remove=True))
        self.assertEqual(b"err\n", run("busybox", ["sh", "-c", "echo err >&2"], stdout=False, stderr=True, remove=True))
        with self.assertRaises(ContainerError) as failed:
            run("busybox", ["sh", "-c", "echo no >&2; exit 3"], remove=True)
        self.assertEqual(3, failed.exception.exit_status)
        self.assertEqual(b"no\n", failed.exception.stderr)
        self.assertEqual([b"1\n", b"2\n"], list(run("busybox", ["sh", "-c", "echo 1; sleep .1; echo 2"], stream=True, remove=True)))
        with self.assertRaises(ImageNotFound):
            self.client.images.get("nothing-here")

    def test_run_options(self):
        box = self.run_box(
            name="py-options",
            hostname="pyhost",
            environment={"A": "1", "B": "two words"},
            labels={"k": "v"},
            mem_limit="64m",
            nano_cpus=500_000_000,
            pids_limit=100,
            ulimits=[Ulimit(name="nofile", soft=256, hard=512)],
            cap_drop=["NET_RAW"],
            read_only=True,
            tmpfs={"/t": "size=1m"},
            extra_hosts={"other": "10.1.2.3"},
            dns=["10.9.9.9"],
            user="1000:1000",
            working_dir="/tmp",
            restart_policy={"Name": "on-failure", "MaximumRetryCount": 3},
            log_config=LogConfig(type=LogConfig.types.JSON, config={"max-size": "1m"}),
            ports={"80/tcp": ("127.0.0.1", None)},
            mounts=[Mount("/m", "py-options-volume", type="volume")],
            sysctls={"net.ipv4.ip_forward": 0},
            init=True,
            security_opt=["no-new-privileges"],
            stop_signal="SIGKILL",
        )
        box.reload()
        self.assertEqual("running", box.status)
        host = box.attrs["HostConfig"]
        self.assertEqual((67108864, 500_000_000, 100), (host["Memory"], host["NanoCpus"], host["PidsLimit"]))
        self.assertTrue(box.ports["80/tcp"][0]["HostPort"])
        code, out = box.exec_run(["sh", "-c", "hostname; echo $B; id -u; pwd; ulimit -n; cat /proc/1/comm; grep other /etc/hosts"])
        self.assertEqual((0, b"pyhost\ntwo words\n1000\n/tmp\n256\ndocker-init\n10.1.2.3\tother\n"), (code, out))
        box.update(mem_limit="96m", memswap_limit="96m")
        box.rename("py-renamed")
        self.assertEqual("py-renamed", self.client.containers.get("py-renamed").name)
        self.assertEqual([box], self.client.containers.list(filters={"label": "k=v", "status": "running"}))
        self.assertEqual(1, len([p for p in box.top()["Processes"] if "sleep" in " ".join(p) and "init" not in " ".join(p)]))

    def test_exec(self):
        box = self.run_box()
        self.assertEqual((7, b"out\nerr\n"), tuple(box.exec_run(["sh", "-c", "echo out; sleep .1; echo err >&2; exit 7"])))
        code, (out, err) = box.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True)
        self.assertEqual((0, b"out\n", b"err\n"), (code, out, err))
        _, lines = box.exec_run(["sh", "-c", "for i in 1 2 3; do echo $i; sleep .05; done"], stream=True)
        self.assertEqual(b"1\n2\n3\n", b"".join(lines))
        _, out = box.exec_run("tty", tty=True)
        self.assertTrue(out.startswith(b"/dev/pts/"))
        # A hijacked connection, as tools with a prompt use it.
        created = self.client.api.exec_create(box.id, ["cat"], stdin=True)
        sock = self.client.api.exec_start(created["Id"], socket=True)
        sock._sock.sendall(b"ping\n")
        header = self.read(sock._sock, 8)
        self.assertEqual((1, 5), (header[0], header[7]))
        self.assertEqual(b"ping\n", self.read(sock._sock, 5))
        self.assertTrue(self.client.api.exec_inspect(created["Id"])["Running"])
        sock._sock.shutdown(1)
        self.assertEqual(b"", sock._sock.recv(1))
        sock.close()
        self.assertEqual(0, self.client.api.exec_inspect(created["Id"])["ExitCode"])

    def read(self, sock, count):
        got = b""
        while len(got) < count:
            part = sock.recv(count - len(got))
            self.assertTrue(part, "the connection ended early")
            got += part
        return got

    def test_attach(self):
        box = self.client.containers.create("busybox", ["cat"], stdin_open=True)
        self.addCleanup(lambda: self.removed(box))
        sock = box.attach_socket(params={"stdin": 1, "stdout": 1, "stream": 1})
        box.start()
        sock._sock.sendall(b"through\n")
        self.assertEqual(b"through\n", self.read(sock._sock, 16)[8:])
        sock._sock.shutdown(1)
        self.assertEqual(b"", sock._sock.recv(1))
        self.assertEqual(0, box.wait(timeout=30)["StatusCode"])
        sock.close()

    def test_logs(self):
        box = self.run_box(["sh", "-c", "for i in 1 2 3 4; do echo $i; done; echo e >&2"])
        self.assertEqual(0, box.wait()["StatusCode"])
        self.assertEqual(b"1\n2\n3\n4\n", box.logs(stderr=False))
        self.assertEqual(b"e\n", box.logs(stdout=False))
        self.assertEqual(b"", box.logs(since=32503680000))
        following = self.run_box(["sh", "-c", "for i in 1 2 3; do echo $i; sleep .05; done"])
        self.assertEqual(b"1\n2\n3\n", b"".join(following.logs(stream=True, follow=True)))
        self.assertEqual(b"2\n3\n", following.logs(tail=2))
        self.assertRegex(following.logs(tail=1, timestamps=True), rb"^\d{4}-\d\d-\d\dT[\d:.]+Z 3\n$")

    def test_lifecycle(self):
        box = self.run_box()
        box.pause()
        box.reload()
        self.assertEqual("paused", box.status)
        box.unpause()
        box.restart(timeout=0)
        box.kill(signal="SIGKILL")
        self.assertEqual(137, box.wait(condition="not-running")["StatusCode"])
        box.start()
        stats = box.stats(stream=False)
        self.assertGreater(stats["memory_stats"]["usage"], 0)
        streamed = box.stats(decode=True)
        self.assertIn("cpu_stats", next(streamed))
        box.stop(timeout=0)
        self.assertEqual([], [c for c in self.client.containers.list() if c.id == box.id])
        with self.assertRaises(APIError) as refused:
            box.pause()
        self.assertEqual(409, refused.exception.response.status_code)
        with self.assertRaises(NotFound):
            self.client.containers.get("nobody")

    def test_archive(self):
        box = self.run_box()
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            entry = tarfile.TarInfo("folder/file")
            entry.size, entry.uid, entry.mode = 5, 42, 0o640
            tar.addfile(entry, io.BytesIO(b"12345"))
        self.assertTrue(box.put_archive("/tmp", packed.getvalue()))
        self.assertEqual(b"42 640 5\n", box.exec_run(["stat", "-c", "%u %a %s", "/tmp/folder/file"]).output)
        chunks, stat = box.get_archive("/tmp/folder/file")
        self.assertEqual(("file", 5), (stat["name"], stat["size"]))
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as tar:
            self.assertEqual(b"12345", tar.extractfile("file").read())
        self.assertIn({"Path": "/tmp/folder", "Kind": 1}, box.diff())
        names = tarfile.open(fileobj=io.BytesIO(b"".join(box.export()))).getnames()
        self.assertIn("tmp/folder/file", names)

    def test_images(self):
        box = self.run_box(["touch", "/made"])
        box.wait()
        image = box.commit(repository="py-made", tag="1", changes=["CMD ls /made", "LABEL a=b"], message="m", author="me")
        self.addCleanup(lambda: self.client.images.remove("py-made:1", force=True))
        self.assertEqual(b"/made\n", self.client.containers.run("py-made:1", remove=True))
        self.assertEqual({"a": "b"}, image.labels)
        self.assertTrue(image.tag("py-other", "2"))
        self.assertEqual(["py-made:1", "py-other:2"], sorted(self.client.images.get(image.id).tags))
        saved = b"".join(image.save(named=True))
        self.client.images.remove("py-other:2")
        self.assertEqual([image], self.client.images.load(saved))
        self.assertEqual(image.id, image.history()[0]["Id"])
        self.assertIn(image, self.client.images.list(filters={"label": "a=b"}))

    def test_build(self):
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            for name, text in {"Dockerfile": "FROM busybox\nARG WHO\nCOPY f /f\nRUN echo $WHO >> /f\nCMD cat /f\n", "f": "file\n"}.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(text)
                tar.addfile(entry, io.BytesIO(text.encode()))
        context.seek(0)
        image, log = self.client.images.build(fileobj=context, custom_context=True, tag="py-built", buildargs={"WHO": "me"}, rm=True)
        self.addCleanup(lambda: self.client.images.remove("py-built", force=True))
        self.assertTrue(any("Successfully tagged py-built" in line.get("stream", "") for line in log))
        self.assertEqual(b"file\nme\n", self.client.containers.run("py-built", remove=True))
        with self.assertRaises(BuildError) as failed:
            self.client.images.build(fileobj=io.BytesIO(b"FROM busybox\nRUN exit 9\n"))
        self.assertIn("returned a non-zero code: 9", str(failed.exception))
        with self.assertRaises(APIError):
            self.client.images.build(fileobj=io.BytesIO(b"NOT a file\n"))

    def test_volumes(self):
        volume = self.client.volumes.create("py-volume", labels={"x": "y"})
        write = ["sh", "-c", "echo kept > /v/f"]
        self.client.containers.run("busybox", write, volumes={"py-volume": {"bind": "/v", "mode": "rw"}}, remove=True)
        read = self.client.containers.run("busybox", ["cat", "/v/f"], volumes=["py-volume:/v:ro"], remove=True)
        self.assertEqual(b"kept\n", read)
        self.assertEqual([volume], self.client.volumes.list(filters={"label": "x=y"}))
        holder = self.run_box(volumes=["py-volume:/v"])
        with self.assertRaises(APIError) as refused:
            volume.remove()
        self.assertEqual(409, refused.exception.response.status_code)
        self.removed(holder)
        volume.remove()
        self.assertEqual([], self.client.volumes.prune()["VolumesDeleted"])

    def test_networks(self):
        ipam = docker.types.IPAMConfig(pool_configs=[docker.types.IPAMPool(subnet="172.30.7.0/24", gateway="172.30.7.1")])
        network = self.client.networks.create("py-net", driver="bridge", ipam=ipam, labels={"n": "1"})
        self.addCleanup(network.remove)
        serve = ["sh", "-c", "echo found > /tmp/index.html; exec httpd -f -p 80 -h /tmp"]
        server = self.run_box(serve, name="py-server", network="py-net")
        client = self.run_box()
        network.connect(client, aliases=["py-alias"], ipv4_address="172.30.7.9")
        fetch = ["sh", "-c", "until wget -q -O - http://py-server/; do sleep .05; done"]
        self.assertEqual(b"found\n", client.exec_run(fetch).output)
        network.reload()
        self.assertEqual({server, client}, set(network.containers))
        self.assertEqual([network], self.client.networks.list(names=["py-net"]))
        network.disconnect(client)
        self.removed(server)
        self.removed(client)

    def test_events(self):
        events = self.client.events(decode=True, filters={"type": "container", "label": "py=event"})
        seen = []
        reader = threading.Thread(target=lambda: seen.extend(self.until(events, "destroy")))
        reader.start()
        self.client.containers.run("busybox", ["sh", "-c", "exit 5"], labels={"py": "event"}, detach=True).wait()
        self.client.containers.list(all=True, filters={"label": "py=event"})[0].remove()
        reader.join(30)
        self.assertEqual(["create", "start", "die", "destroy"], [e["Action"] for e in seen])
        self.assertEqual("5", seen[2]["Actor"]["Attributes"]["exitCode"])
        events.close()

    @staticmethod
    def until(events, last):
        for event in events:
            yield event
            if event["Action"] == last:
                return

    def test_health(self):
        check = {"test": ["CMD", "true"], "interval": 100_000_000, "retries": 1}
        box = self.run_box(healthcheck=check, labels={"py": "health"})
        for event in self.client.events(decode=True, since=0, filters={"container": box.id, "event": "health_status"}):
            self.assertIn("healthy", event["Action"])
            break
        box.reload()
        self.assertEqual("healthy", box.attrs["State"]["Health"]["Status"])

    def test_prune(self):
        done = self.run_box(["true"], labels={"py": "prune"})
        done.wait()
        self.assertEqual([done.id], self.client.containers.prune(filters={"label": "py=prune"})["ContainersDeleted"])

    def test_older_api(self):
        for version in ["1.24", "1.35", "auto"]:
            old = docker.DockerClient(base_url=os.environ["DOCKER_HOST"], version=version)
            self.addCleanup(old.close)
            self.assertEqual(b"old\n", old.containers.run("busybox", ["echo", "old"], remove=True))


if __name__ == "__main__":
    unittest.main(verbosity=2)
