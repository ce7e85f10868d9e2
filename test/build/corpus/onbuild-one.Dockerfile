FROM busybox AS base
ONBUILD LABEL a=b
FROM base AS two
FROM two
