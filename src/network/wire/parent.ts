/** The host's interface that macvlan and ipvlan networks stand on. */
import { errnoOf, forbidden, invalidArgument, messageOf, notFound } from "../../errors/errors.ts";
import { createDummy, createVlan, deleteLink, findLink, setLink } from "../../linux/netlink/link.ts";
import type { NetlinkSocket } from "../../linux/netlink/socket.ts";
import type { NetworkRecord } from "../records.ts";

const dummyOf = (id: string) => `dm-${id.slice(0, 12)}`;

/** "eth0.10" → eth0, 10. */
function vlanOf(name: string): { base: string; id: number } | undefined {
  const found = /^(.+)\.(\d{1,4})$/.exec(name);
  return found ? { base: found[1]!, id: Number(found[2]) } : undefined;
}

/** Notes the parent in the record of a new network. Errors: forbidden when another network of its driver has it. */
export function chooseParent(network: NetworkRecord, others: readonly NetworkRecord[]): void {
  const named = network.options["parent"];
  if (named === "lo") throw invalidArgument("loopback interface is not a valid macvlan parent link");
  const other = others.find(({ driver, device }) => named && device === named && driver === network.driver);
  if (other) throw forbidden(`network ${other.name} is already using parent interface ${named}`);
  network.device = named || dummyOf(network.id);
}

/** Makes the parent if it is one of ours to make: a dummy, or a VLAN of an interface that is there. */
export function ensureParent(host: NetlinkSocket, network: NetworkRecord): void {
  const name = network.device!;
  if (findLink(host, name)) return;
  try {
    if (name === dummyOf(network.id)) host.run(createDummy({ name, up: true }));
    else makeVlan(host, name);
    network.deviceMade = true;
    const link = findLink(host, name);
    if (link) host.run(setLink(link.index, { up: true }));
  } catch (cause) {
    if (errnoOf(cause) !== "EOPNOTSUPP") throw cause;
    throw notFound(
      `parent interface ${name} cannot be made: this kernel has no such devices (${messageOf(cause)})`,
      {
        cause,
      },
    );
  }
}

function makeVlan(host: NetlinkSocket, name: string): void {
  const vlan = vlanOf(name);
  const base = vlan && findLink(host, vlan.base);
  if (!vlan || !base)
    throw notFound(
      `-o parent=${name}: there is no interface ${name} on this host; ip link lists those that are`,
    );
  if (vlan.id < 1 || vlan.id > 4094)
    throw invalidArgument(`-o parent=${name}: vlan id must be between 1-4094, received: ${vlan.id}`);
  host.run(createVlan({ name }, base.index, vlan.id));
}

/** Removes the interface below a macvlan or ipvlan network, if it was made for that. */
export function removeParent(host: NetlinkSocket, network: NetworkRecord): void {
  const link = network.deviceMade ? findLink(host, network.device ?? "") : undefined;
  if (link) host.run(deleteLink(link.index));
}
