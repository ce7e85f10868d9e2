FROM busybox
ARG PORT=8080
ENV PORT=${PORT} ROOT=/srv/www
LABEL org.opencontainers.image.title="httpd" \
      org.opencontainers.image.version="1"
RUN adduser -D -H www 2>/dev/null || echo 'www:x:1000:1000:www:/srv:/bin/false' >> /etc/passwd
WORKDIR ${ROOT}
COPY dir/ ./
RUN echo "<h1>hi</h1>" > index.html && chown -R 1000:1000 ${ROOT}
EXPOSE ${PORT}
USER 1000
HEALTHCHECK --interval=30s --timeout=3s CMD wget -qO- http://127.0.0.1:$PORT/ || exit 1
STOPSIGNAL SIGINT
ENTRYPOINT ["httpd"]
CMD ["-f", "-p", "8080", "-h", "/srv/www"]
