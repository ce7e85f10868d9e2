// What programs do that use the engine's Go client (github.com/docker/docker/client), against the engine that
// DOCKER_HOST names. Ends with "all well"; the first thing that is wrong ends it.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/mount"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/docker/docker/errdefs"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/docker/go-connections/nat"
)

var ctx, cancel = context.WithTimeout(context.Background(), 2*time.Minute)
var docker *client.Client

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func same(what string, want, got interface{}) {
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(got)
	if !bytes.Equal(a, b) {
		panic(fmt.Sprintf("%s: want %s, got %s", what, a, b))
	}
}

func create(name string, config container.Config, host container.HostConfig) string {
	config.Image = "busybox"
	made, err := docker.ContainerCreate(ctx, &config, &host, &network.NetworkingConfig{}, nil, name)
	must(err)
	same("warnings of create", 0, len(made.Warnings))
	return made.ID
}

func remove(id string) {
	must(docker.ContainerRemove(ctx, id, types.ContainerRemoveOptions{Force: true, RemoveVolumes: true}))
}

// Runs a command in a container and returns what it wrote and its exit code.
func exec(id string, cmd ...string) (string, string, int) {
	made, err := docker.ContainerExecCreate(ctx, id, types.ExecConfig{Cmd: cmd, AttachStdout: true, AttachStderr: true})
	must(err)
	attached, err := docker.ContainerExecAttach(ctx, made.ID, types.ExecStartCheck{})
	must(err)
	defer attached.Close()
	var out, errs bytes.Buffer
	_, err = stdcopy.StdCopy(&out, &errs, attached.Reader)
	must(err)
	state, err := docker.ContainerExecInspect(ctx, made.ID)
	must(err)
	return out.String(), errs.String(), state.ExitCode
}

func system() {
	ping, err := docker.Ping(ctx)
	must(err)
	same("OSType", "linux", ping.OSType)
	info, err := docker.Info(ctx)
	must(err)
	same("info", true, info.NCPU > 0 && info.MemTotal > 0 && info.ID != "")
	version, err := docker.ServerVersion(ctx)
	must(err)
	same("components", "Engine", version.Components[0].Name)
	_, err = docker.DiskUsage(ctx)
	must(err)
}

// Before version 1.30 a wait has no condition: it is over at once for what does not run yet.
func attach(condition container.WaitCondition) {
	id := create("", container.Config{Cmd: []string{"sh", "-c", "read l; echo got $l; echo err >&2; exit 4"}, OpenStdin: true, StdinOnce: true, AttachStdin: true}, container.HostConfig{})
	defer remove(id)
	attached, err := docker.ContainerAttach(ctx, id, types.ContainerAttachOptions{Stream: true, Stdin: true, Stdout: true, Stderr: true})
	must(err)
	var waiting <-chan container.ContainerWaitOKBody
	var errs <-chan error
	if condition == container.WaitConditionNextExit {
		waiting, errs = docker.ContainerWait(ctx, id, condition)
	}
	must(docker.ContainerStart(ctx, id, types.ContainerStartOptions{}))
	if waiting == nil {
		waiting, errs = docker.ContainerWait(ctx, id, condition)
	}
	_, err = attached.Conn.Write([]byte("word\n"))
	must(err)
	must(attached.CloseWrite())
	var out, failures bytes.Buffer
	_, err = stdcopy.StdCopy(&out, &failures, attached.Reader)
	must(err)
	same("attached", []string{"got word\n", "err\n"}, []string{out.String(), failures.String()})
	select {
	case state := <-waiting:
		same("exit code", 4, state.StatusCode)
	case err := <-errs:
		panic(err)
	}
}

func containers() {
	id := create("go-box", container.Config{
		Cmd: []string{"sleep", "1000"}, Env: []string{"A=1"}, Labels: map[string]string{"go": "1"},
		ExposedPorts: nat.PortSet{"80/tcp": {}},
		Healthcheck:  &container.HealthConfig{Test: []string{"CMD", "true"}, Interval: 50 * time.Millisecond, Retries: 1},
	}, container.HostConfig{
		Resources:    container.Resources{Memory: 64 << 20, NanoCPUs: 5e8},
		PortBindings: nat.PortMap{"80/tcp": {{HostIP: "127.0.0.1"}}},
		Mounts:       []mount.Mount{{Type: mount.TypeVolume, Source: "go-volume", Target: "/v"}, {Type: mount.TypeTmpfs, Target: "/t"}},
	})
	defer remove(id)
	must(docker.ContainerStart(ctx, id, types.ContainerStartOptions{}))
	out, errs, code := exec(id, "sh", "-c", "echo $A; echo e >&2; exit 3")
	same("exec", []interface{}{"1\n", "e\n", 3}, []interface{}{out, errs, code})
	box, err := docker.ContainerInspect(ctx, id)
	must(err)
	same("inspect", []interface{}{"/go-box", true, int64(64 << 20)}, []interface{}{box.Name, box.State.Running, box.HostConfig.Memory})
	same("a port", true, box.NetworkSettings.Ports["80/tcp"][0].HostPort != "")
	list, err := docker.ContainerList(ctx, types.ContainerListOptions{Filters: filters.NewArgs(filters.Arg("label", "go=1"))})
	must(err)
	same("list", []interface{}{1, id}, []interface{}{len(list), list[0].ID})
	stats, err := docker.ContainerStatsOneShot(ctx, id)
	must(err)
	var sample types.StatsJSON
	must(json.NewDecoder(stats.Body).Decode(&sample))
	same("memory in use", true, sample.MemoryStats.Usage > 0)
	top, err := docker.ContainerTop(ctx, id, nil)
	must(err)
	same("top", true, strings.Contains(strings.Join(top.Processes[0], " "), "sleep 1000"))
	_, err = docker.ContainerUpdate(ctx, id, container.UpdateConfig{Resources: container.Resources{Memory: 96 << 20, MemorySwap: -1}})
	must(err)
	for box.State.Health.Status != "healthy" {
		box, err = docker.ContainerInspect(ctx, id)
		must(err)
	}
	second := time.Duration(0)
	must(docker.ContainerRestart(ctx, id, &second))
	must(docker.ContainerPause(ctx, id))
	must(docker.ContainerUnpause(ctx, id))
	must(docker.ContainerKill(ctx, id, "KILL"))
	waiting, _ := docker.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	same("killed", 137, (<-waiting).StatusCode)
	_, err = docker.ContainerInspect(ctx, "nobody")
	same("not found", true, client.IsErrNotFound(err))
	err = docker.ContainerRename(ctx, id, "not allowed!")
	same("bad name", true, errdefs.IsInvalidParameter(err))
}

func logs() {
	id := create("", container.Config{Cmd: []string{"sh", "-c", "for i in 1 2 3; do echo $i; sleep .05; done; echo e >&2"}}, container.HostConfig{})
	defer remove(id)
	must(docker.ContainerStart(ctx, id, types.ContainerStartOptions{}))
	stream, err := docker.ContainerLogs(ctx, id, types.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true})
	must(err)
	var out, errs bytes.Buffer
	_, err = stdcopy.StdCopy(&out, &errs, stream)
	must(err)
	same("log", []string{"1\n2\n3\n", "e\n"}, []string{out.String(), errs.String()})
}

func archives() {
	id := create("", container.Config{Cmd: []string{"sleep", "1000"}}, container.HostConfig{})
	defer remove(id)
	must(docker.ContainerStart(ctx, id, types.ContainerStartOptions{}))
	must(docker.CopyToContainer(ctx, id, "/tmp", tarOf(map[string]string{"file": "content"}), types.CopyToContainerOptions{}))
	body, stat, err := docker.CopyFromContainer(ctx, id, "/tmp/file")
	must(err)
	same("stat", []interface{}{"file", int64(7)}, []interface{}{stat.Name, stat.Size})
	reader := tar.NewReader(body)
	_, err = reader.Next()
	must(err)
	content, err := io.ReadAll(reader)
	must(err)
	same("content", "content", string(content))
	changes, err := docker.ContainerDiff(ctx, id)
	must(err)
	same("diff", "/tmp/file", changes[len(changes)-1].Path)
}

func tarOf(files map[string]string) io.Reader {
	var packed bytes.Buffer
	writer := tar.NewWriter(&packed)
	for name, text := range files {
		must(writer.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644}))
		_, err := writer.Write([]byte(text))
		must(err)
	}
	must(writer.Close())
	return &packed
}

func build() {
	files := map[string]string{"Dockerfile": "FROM busybox\nCOPY f /f\nRUN cat /f\nCMD cat /f\n", "f": "built\n"}
	answer, err := docker.ImageBuild(ctx, tarOf(files), types.ImageBuildOptions{Tags: []string{"go-built"}, Remove: true})
	must(err)
	var last string
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		last = lines.Text()
	}
	same("the build's last line", `{"stream":"Successfully tagged go-built:latest\n"}`, last)
	image, _, err := docker.ImageInspectWithRaw(ctx, "go-built")
	must(err)
	same("command", []string{"/bin/sh", "-c", "cat /f"}, image.Config.Cmd)
	must(docker.ImageTag(ctx, "go-built", "go-other:1"))
	saved, err := docker.ImageSave(ctx, []string{"go-other:1"})
	must(err)
	loaded, err := docker.ImageLoad(ctx, saved, true)
	must(err)
	text, _ := io.ReadAll(loaded.Body)
	same("loaded", true, strings.Contains(string(text), "go-other:1"))
	for _, name := range []string{"go-other:1", "go-built"} {
		_, err = docker.ImageRemove(ctx, name, types.ImageRemoveOptions{Force: true})
		must(err)
	}
}

func networksAndVolumes() {
	made, err := docker.NetworkCreate(ctx, "go-net", types.NetworkCreate{CheckDuplicate: true, Driver: "bridge"})
	must(err)
	id := create("", container.Config{Cmd: []string{"sleep", "1000"}}, container.HostConfig{})
	must(docker.ContainerStart(ctx, id, types.ContainerStartOptions{}))
	must(docker.NetworkConnect(ctx, made.ID, id, &network.EndpointSettings{Aliases: []string{"other"}}))
	seen, err := docker.NetworkInspect(ctx, "go-net", types.NetworkInspectOptions{})
	must(err)
	same("endpoints", 1, len(seen.Containers))
	err = docker.NetworkRemove(ctx, made.ID)
	same("a network in use", true, err != nil)
	remove(id)
	must(docker.NetworkRemove(ctx, made.ID))
	kept, err := docker.VolumeCreate(ctx, volume.VolumeCreateBody{Name: "go-kept", Labels: map[string]string{"a": "b"}})
	must(err)
	all, err := docker.VolumeList(ctx, filters.NewArgs(filters.Arg("label", "a=b")))
	must(err)
	same("volumes", []string{"go-kept"}, []string{all.Volumes[0].Name})
	must(docker.VolumeRemove(ctx, kept.Name, false))
}

func events() {
	stop, end := context.WithCancel(ctx)
	messages, errs := docker.Events(stop, types.EventsOptions{Filters: filters.NewArgs(filters.Arg("type", "container"), filters.Arg("label", "go=events"))})
	id := create("", container.Config{Cmd: []string{"true"}, Labels: map[string]string{"go": "events"}}, container.HostConfig{AutoRemove: true})
	must(docker.ContainerStart(ctx, id, types.ContainerStartOptions{}))
	var seen []string
	for len(seen) == 0 || seen[len(seen)-1] != "destroy" {
		select {
		case message := <-messages:
			seen = append(seen, message.Action)
		case err := <-errs:
			panic(err)
		}
	}
	end()
	same("events", []string{"create", "start", "die", "destroy"}, seen)
}

func main() {
	defer cancel()
	var err error
	docker, err = client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	must(err)
	for _, part := range []func(){system, containers, logs, archives, build, networksAndVolumes, events} {
		part()
	}
	attach(container.WaitConditionNextExit)
	for _, version := range []string{"1.24", "1.30", "1.40"} {
		docker, err = client.NewClientWithOpts(client.FromEnv, client.WithVersion(version))
		must(err)
		attach(container.WaitConditionNotRunning)
	}
	fmt.Println("all well")
	os.Exit(0)
}
