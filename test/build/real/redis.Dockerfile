ARG BASE=pequod-base:latest
FROM ${BASE}
RUN set -eux; \
	groupadd -r -g 999 redis; \
	useradd -r -g redis -u 999 redis
RUN set -eux; \
	apt-get update -qq; \
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null; \
	rm -rf /var/lib/apt/lists/*; \
	redis-server --version | cut -d' ' -f1-3
RUN mkdir /data && chown redis:redis /data
VOLUME /data
WORKDIR /data
COPY --chown=redis entrypoint.sh /usr/local/bin/
HEALTHCHECK --interval=10s --timeout=3s CMD redis-cli ping | grep -q PONG
USER redis
ENTRYPOINT ["entrypoint.sh"]
EXPOSE 6379/tcp
CMD ["redis-server", "--save", "60", "1"]
