FROM node-like:1
ARG npm_config_registry
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm_config_update_notifier=false
COPY ca-certificates.crt /etc/ssl/certs/
WORKDIR /usr/src/app
COPY app/package*.json ./
RUN npm install --silent --no-audit --no-fund --omit=dev \
 && rm -rf /root/.npm /tmp/* node_modules/.package-lock.json package-lock.json
COPY app/ .
EXPOSE 3000
CMD [ "node", "-e", "require('ms')" ]
