/**
 * Moves network devices into a container's namespace, as the specification wants it: with their hardware address, MTU and
 * those addresses that are permanent and global, and up. When the namespace goes, physical ones come back to the host's.
 */
import { invalidArgument, messageOf, systemError } from "../errors/errors.ts";
import { closeFd, O_RDONLY, openFd } from "../linux/fd.ts";
import { addAddress, lastingAddresses } from "../linux/netlink/address.ts";
import { findLink, moveLink, setLink } from "../linux/netlink/link.ts";
import { NetlinkSocket } from "../linux/netlink/socket.ts";
import { inNetns } from "../linux/netns.ts";
import type { MovedDevice } from "./compile/net-devices.ts";

function move({ from, to }: MovedDevice, namespace: number): void {
  using here = new NetlinkSocket();
  const link = findLink(here, from);
  if (!link) throw invalidArgument("there is no such device in the network namespace of docker-runc");
  // The kernel would move it first and then fail to name it; a virtual device would be gone with the namespace.
  const taken = inNetns(namespace, () => {
    using there = new NetlinkSocket();
    return findLink(there, to) !== undefined;
  });
  if (taken) throw invalidArgument(`the container has a device ${to} already: choose another name for it`);
  const addresses = lastingAddresses(here, link.index);
  here.run(setLink(link.index, { up: false }));
  // Both at once: under its own name it might be in another's way there.
  here.run(moveLink(link.index, to, namespace));
  inNetns(namespace, () => {
    using there = new NetlinkSocket();
    const moved = findLink(there, to);
    if (!moved) throw systemError(`it has not arrived as ${to}`);
    if (addresses.length > 0) there.run(...addresses.map((address) => addAddress(moved.index, address)));
    there.run(setLink(moved.index, { up: true }));
  });
}

/** Into the network namespace of a process. Errors name the device. */
export function moveDevices(devices: readonly MovedDevice[], pid: number): void {
  const namespace = openFd(`/proc/${pid}/ns/net`, O_RDONLY);
  try {
    for (const device of devices)
      try {
        move(device, namespace);
      } catch (error) {
        throw systemError(`linux.netDevices: move ${device.from} into the container: ${messageOf(error)}`, {
          cause: error,
        });
      }
  } finally {
    closeFd(namespace);
  }
}
