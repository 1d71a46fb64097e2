// The workload. The charm copies it into the container, whose image brings Node.js to run it.
import { createServer } from 'node:http';

const { GREETING, PORT, NEIGHBOUR } = process.env;

createServer(({ url }, response) => {
  const name = new URL(url, 'http://localhost').searchParams.get('name') ?? 'world';
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  response.end(`${GREETING}, ${name}!\n${NEIGHBOUR === '' ? '' : `My neighbour is ${NEIGHBOUR}\n`}`);
}).listen(Number(PORT), () => console.log(`serving on port ${PORT}`));
