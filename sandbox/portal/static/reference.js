// Shows /openapi.json and asks no other server about it. The viewer refuses any version but OpenAPI 3.0, so it
// is told that; a few details of 3.1 (a field that may be null) it shows less well.
fetch("/openapi.json")
  .then((answer) => answer.json())
  .then((description) =>
    SwaggerUIBundle({
      spec: { ...description, openapi: "3.0.3" },
      dom_id: "#reference",
      deepLinking: true,
      validatorUrl: null,
    }),
  );
