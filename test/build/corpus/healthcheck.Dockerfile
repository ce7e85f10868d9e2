FROM busybox
HEALTHCHECK --interval=5s --timeout=1m30s --start-period=500ms --retries=3 CMD wget -q http://x || exit 1
HEALTHCHECK CMD ["true"]
HEALTHCHECK NONE
