# One image for both ways of running: standalone by the args of manifests/deployment.yaml, and inside the Application
# Connector module by its own args, [/app/compass-runtime-agent]. Both are whole commands: there is no ENTRYPOINT.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY test/programs/*.mjs test/programs/
RUN node test/programs/install.mjs
COPY . .
RUN npm run build

FROM node:24-slim
# Only Node itself stays: what installs packages is of no use in a root file system that is read-only.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /src/dist/ucl-agent.js /app/ucl-agent.js
RUN printf '{ "type": "module" }\n' > /app/package.json \
  && printf '#!/bin/sh\nexec node /app/ucl-agent.js run "$@"\n' > /app/compass-runtime-agent \
  && chmod 0555 /app/compass-runtime-agent /app/ucl-agent.js
USER 65535:65535
EXPOSE 8090
ENTRYPOINT []
CMD ["node", "/app/ucl-agent.js", "run"]
