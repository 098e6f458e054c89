/** Fastify parses the JSON of the request and sends the body in BODY. */
import Fastify from "fastify";

const body = process.env.BODY;
const app = Fastify();
app.post("/graphql", (_request, reply) => {
  reply.header("content-type", "application/json").send(body);
});
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
