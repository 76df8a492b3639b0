# Builds with everything, runs with production dependencies only. Debian based: the PostgreSQL driver needs nothing, and
# the embedded PostgreSQL (a glibc build) is left out of the image.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=optional
COPY tsconfig.json tsconfig.build.json nest-cli.json ./
COPY src src
COPY migrations migrations
RUN npx nest build && npm prune --omit=dev --omit=optional

FROM node:20-bookworm-slim
ENV HOST=0.0.0.0
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY markets markets
RUN mkdir var && chown node:node var
USER node
EXPOSE 3000
CMD ["node", "--enable-source-maps", "dist/src/api.js"]
