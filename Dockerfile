# syntax=docker/dockerfile:1
# The default target is the gateway; `--target simulator` makes the ModelArts simulator.
ARG NODE_IMAGE=node:20-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json tsconfig.simulator.json ./
COPY scripts/build.mjs scripts/bundle.mjs scripts/
COPY src src
COPY simulator simulator
COPY explorer explorer
RUN npm run build && mv dist/simulator /simulator

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production
WORKDIR /app
# Without its "type": "module" Node would take the build for CommonJS.
COPY package.json ./
USER node
STOPSIGNAL SIGTERM

FROM runtime AS simulator
COPY --from=build /simulator dist/simulator
ENV SIMULATOR_HOST=0.0.0.0 SIMULATOR_PORT=4100
EXPOSE 4100
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.SIMULATOR_PORT}/`).then(() => process.exit(0), () => process.exit(1))"]
CMD ["node", "dist/simulator/main.js"]

FROM runtime AS gateway
COPY --from=build /app/dist dist
ENV PORT=4000
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/server.js"]
