import type { NetlinkSocket } from "../linux/netlink/socket.ts";
import type { DnsService } from "./dns/service.ts";
import type { NetworkDriver } from "./driver.ts";
import type { Firewall } from "./firewall/firewall.ts";
import type { Firewalld } from "./firewalld/firewalld.ts";
import type { Networks } from "./networks.ts";
import type { NetworkOptions } from "./options.ts";
import type { Publisher } from "./ports/publisher.ts";
import type { NetworkRecord } from "./records.ts";
import type { NetworkStore } from "./store.ts";

/** What the network side is made of. */
export interface Parts {
  options: NetworkOptions;
  store: NetworkStore;
  networks: Networks;
  firewall: Firewall;
  firewalld: Firewalld;
  publisher: Publisher;
  dns: DnsService;
  /** A netlink socket in the host's namespace. */
  host: NetlinkSocket;
  driverOf(network: Pick<NetworkRecord, "driver">): NetworkDriver;
}
