# `npm run image` builds it; docs/installation.md tells how. One image for both ways of running: standalone by the args of
# manifests/deployment.yaml, and inside the Application Connector module by its own args, [/app/compass-runtime-agent].
# Both are whole commands: there is no ENTRYPOINT.
ARG BUILD_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
ARG RUNTIME_IMAGE=docker.io/library/node:24.21.0-bookworm-slim

# The bundle is the same for every platform, so it is made on the machine's own.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY test/programs/*.mjs test/programs/
# Addresses and credentials of a registry are secrets that are mounted for this one command: no layer ever holds them.
# npm's cache tells the registry's address, hence a mount for that as well.
RUN --mount=type=secret,id=npmrc,target=/run/secrets/npmrc \
  --mount=type=secret,id=npm-ca,target=/run/secrets/npm-ca \
  --mount=type=cache,target=/var/cache/npm \
  NPM_CONFIG_USERCONFIG=/run/secrets/npmrc NPM_CONFIG_CACHE=/var/cache/npm NPM_CONFIG_LOGS_MAX=0 \
  NPM_CONFIG_UPDATE_NOTIFIER=false \
  node test/programs/install.mjs
COPY build.ts LICENSE ./
COPY agent agent
COPY graphql graphql
RUN npm run -s build \
  && mkdir app \
  && install -m 0555 dist/ucl-agent.js app/ucl-agent.js \
  && install -m 0444 LICENSE app/LICENSE \
  && install -m 0444 dist/ucl-agent.js.LEGAL.txt app/ucl-agent.js.LEGAL.txt \
  && printf '{ "type": "module" }\n' > app/package.json \
  && printf '#!/bin/sh\nexec node /app/ucl-agent.js run "$@"\n' > app/compass-runtime-agent \
  && chmod 0444 app/package.json \
  && chmod 0555 app/compass-runtime-agent app

FROM ${RUNTIME_IMAGE}
# Only Node itself stays: what installs packages is of no use in a root file system that is read-only.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
  /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn-*
WORKDIR /app
COPY --from=build /src/app /app
ENV NODE_ENV=production
USER 65535:65535
EXPOSE 8090
ENTRYPOINT []
CMD ["node", "/app/ucl-agent.js", "run"]
# The image's revision and the place of its sources, where they are known, come from `npm run image`. The time of the build
# is no label: it would make each build another image.
LABEL org.opencontainers.image.title="ucl-agent" \
  org.opencontainers.image.description="Connects a Kyma runtime with SAP's Unified Customer Landscape (UCL) and keeps its systems as Application resources" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="0.1.0"
