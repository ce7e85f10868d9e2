FROM node-like:1 AS base
ARG npm_config_registry
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm_config_update_notifier=false npm_config_audit=false npm_config_fund=false
COPY ca-certificates.crt /etc/ssl/certs/
WORKDIR /app

FROM base AS dependencies
COPY app/package.json ./
RUN npm install --silent --omit=dev && rm -rf /root/.npm node_modules/.package-lock.json package-lock.json /tmp/*

FROM base AS build
COPY app/ ./
RUN npm install --silent && node_modules/.bin/tsc -p . && rm -rf /root/.npm /tmp/*
RUN node dist/main.js

FROM base
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
RUN node dist/main.js && ls node_modules
CMD ["node", "dist/main.js"]
