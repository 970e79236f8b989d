import { runMain } from './console.ts';
import { launch } from './launch.ts';

await runMain(() => launch({ command: 'npm start', watch: false, nodeEnv: 'production' }));
