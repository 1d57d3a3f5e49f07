/** @param folder where `<page>.js` and `<page>.css` go */
export declare function bundleBrowser(folder: string): Promise<void>;
