/** Tells when somebody else has changed the firewall. */
import { closeFd } from "../../linux/fd.ts";
import { decodeAttributes } from "../../linux/netlink/message.ts";
import { NETLINK, NetlinkSocket } from "../../linux/netlink/socket.ts";

const NFNLGRP_NFTABLES = 7;
/** NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN: the end of each transaction (linux/netfilter/nf_tables.h). */
const NEWGEN = 0x0a0f;
const NFTA_GEN_PROC_PID = 2;
const NFGENMSG_SIZE = 4;
/** The kernel queues what happens; looking four times a second costs next to nothing. */
const INTERVAL_MS = 250;

/**
 * Calls `changed` after transactions of processes that are not `ours`. Returns what ends it. The old iptables
 * (xt_tables) tells nobody what it does: there, rules are only brought in line at the engine's own changes.
 */
export function watchFirewall(ours: (pid: number) => boolean, changed: () => void): () => void {
  const socket = new NetlinkSocket(NETLINK.NETFILTER, 1 << (NFNLGRP_NFTABLES - 1), false);
  const timer = setInterval(() => {
    if (foreignChange(socket, ours)) changed();
  }, INTERVAL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    closeFd(socket.fd);
  };
}

function foreignChange(socket: NetlinkSocket, ours: (pid: number) => boolean): boolean {
  let foreign = false;
  for (;;) {
    try {
      for (const { type, body } of socket.receive()) {
        if (type !== NEWGEN) continue;
        const pid = decodeAttributes(body, NFGENMSG_SIZE).get(NFTA_GEN_PROC_PID);
        if (!pid || !ours(pid.readUInt32BE(0))) foreign = true;
      }
    } catch (error) {
      // ENOBUFS: more has happened than the queue holds. Anything else ends this look.
      if ((error as { code?: string }).code !== "ENOBUFS") return foreign;
      foreign = true;
    }
  }
}
