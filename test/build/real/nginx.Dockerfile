ARG BASE=pequod-base:latest
FROM ${BASE}
LABEL org.opencontainers.image.title="nginx"
ENV DEBIAN_FRONTEND=noninteractive
RUN set -eux; \
    apt-get update -qq; \
    apt-get install -y -qq --no-install-recommends nginx-light >/dev/null; \
    rm -rf /var/lib/apt/lists/*; \
    # requests and errors go to the container's log
    ln -sf /dev/stdout /var/log/nginx/access.log; \
    ln -sf /dev/stderr /var/log/nginx/error.log; \
    mkdir /docker-entrypoint.d
COPY --chown=www-data:www-data site/ /usr/share/nginx/html/
COPY site.conf /etc/nginx/conf.d/default.conf
COPY entrypoint.sh /
RUN chmod +x /entrypoint.sh && nginx -t
EXPOSE 80
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/entrypoint.sh"]
CMD ["nginx", "-g", "daemon off;"]
