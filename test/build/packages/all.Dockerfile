ARG BASE=debian-like:1
FROM node-like:1 AS assets
WORKDIR /src
COPY greet-1.0.0.tgz ./
RUN npm install --silent --offline --no-audit --no-fund --no-update-notifier --cache /tmp/npm ./greet-1.0.0.tgz \
    && node node_modules/.bin/greet assets > /page && rm -rf /tmp/npm /tmp/node-compile-cache /root/.npm

FROM ${BASE}
ENV PYTHONDONTWRITEBYTECODE=1
COPY *.whl /tmp/
RUN python3 -m pip install -q --no-index --no-compile --no-cache-dir --break-system-packages --root-user-action=ignore /tmp/*.whl && rm /tmp/*.whl
COPY --from=assets --chown=33:33 /page /srv/page
USER 33
EXPOSE 8000
HEALTHCHECK --interval=5s CMD python3 -c pass
CMD ["python3", "-m", "http.server", "-d", "/srv"]
