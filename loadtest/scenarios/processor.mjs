// Artillery would bundle a TypeScript processor; Node runs it as it stands when it is imported.
export * from './processor.ts';
