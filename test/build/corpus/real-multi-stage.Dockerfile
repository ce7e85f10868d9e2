ARG VERSION=1.2.3
FROM busybox AS deps
WORKDIR /src
COPY dir/sub ./vendor
RUN find vendor -type f | sort > deps.lst
FROM deps AS build
ARG VERSION
COPY a b.txt ./
RUN set -e; mkdir -p /out/bin; cat a b.txt > /out/bin/app; echo $VERSION > /out/version; chmod +x /out/bin/app
FROM busybox
ARG VERSION
LABEL version=$VERSION
COPY --from=build --chown=daemon:daemon /out /opt/app
COPY --from=deps /src/deps.lst /opt/app/
ENV PATH=/opt/app/bin:$PATH
USER daemon
CMD ["app"]
