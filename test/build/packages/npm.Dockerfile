FROM node-like:1 AS build
ENV NODE_ENV=production
WORKDIR /app
COPY greet-1.0.0.tgz .
RUN npm install --silent --offline --no-audit --no-fund --no-update-notifier --cache /tmp/npm ./greet-1.0.0.tgz \
    && rm -rf /tmp/npm /tmp/node-compile-cache /root/.npm
RUN node -e 'console.log(require("greet")("node"))'

FROM busybox
COPY --from=build /app /app
RUN ls -R /app
